"""A small Keras network that learns to take liquidity by policy gradient.

    pip install './python[keras]'
    python python/examples/keras_policy.py book.parquet --unit 0.01

The first 70 % of the rows train, the rest judges.
"""

from __future__ import annotations

import argparse

import keras
import numpy as np
import tensorflow as tf

from orderbook_gym import TakeVectorEnv, load

ENVS = 128
DISCOUNT = 0.95


def network(features: int, actions: int) -> keras.Model:
    """Scores of the actions from scaled features."""
    return keras.Sequential(
        [
            keras.layers.Input((features,)),
            keras.layers.Dense(32, activation="tanh"),
            keras.layers.Dense(actions, kernel_initializer="zeros"),
        ]
    )


def play(envs: TakeVectorEnv, model: keras.Model, scale, random, greedy: bool):
    """One episode in each environment: features, actions and rewards by step."""
    steps = []
    observations, _ = envs.reset(seed=int(random.integers(2**31)))
    for _ in range(envs.horizon):
        features = scale(observations)
        scores = model(features).numpy()
        # The largest of scores with Gumbel noise is a draw from their softmax.
        noise = 0 if greedy else random.gumbel(size=scores.shape)
        actions = np.argmax(scores + noise, axis=1)
        observations, rewards, *_ = envs.step(actions)
        steps.append((features, actions, rewards))
    return [np.stack(column) for column in zip(*steps, strict=True)]


def discounted(rewards: np.ndarray) -> np.ndarray:
    """Sum of what follows each step, and less of what is far away."""
    returns = np.zeros_like(rewards)
    later = np.zeros(rewards.shape[1])
    for step in range(len(rewards) - 1, -1, -1):
        later = rewards[step] + DISCOUNT * later
        returns[step] = later
    return (returns - returns.mean()) / (returns.std() + 1e-9)


def main() -> None:
    """Train and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshots", nargs="+")
    parser.add_argument("--unit", default="0.01")
    parser.add_argument("--fee", default="0")
    parser.add_argument("--horizon", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    market = load(given.snapshots)
    split = int(market.rows * 0.7)
    options = {"unit": given.unit, "fee": given.fee, "horizon": given.horizon}
    envs = TakeVectorEnv(ENVS, market.part(0, split), **options)
    later = TakeVectorEnv(ENVS, market.part(split, market.rows), **options)
    seen = play(envs, network(*sizes(envs)), lambda x: x, random, greedy=False)[0].reshape(-1, sizes(envs)[0])
    mean, deviation = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-3)

    def scale(observations: np.ndarray) -> np.ndarray:
        return np.clip((observations - mean) / deviation, -5, 5)

    model = network(*sizes(envs))
    optimizer = keras.optimizers.Adam(0.01)

    @tf.function
    def learn(features, actions, returns):
        with tf.GradientTape() as tape:
            logs = tf.nn.log_softmax(model(features))
            chosen = tf.gather(logs, actions, batch_dims=1)
            entropy = -tf.reduce_sum(tf.exp(logs) * logs, axis=1)
            loss = -tf.reduce_mean(chosen * returns + 0.001 * entropy)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )

    for number in range(1, given.rounds + 1):
        features, actions, rewards = play(envs, model, scale, random, greedy=False)
        learn(
            tf.constant(features.reshape(-1, features.shape[-1])),
            tf.constant(actions.reshape(-1)),
            tf.constant(discounted(rewards).reshape(-1), dtype=tf.float32),
        )
        if number == 1 or number % 10 == 0:
            print(f"round {number:3}: {rewards.sum(axis=0).mean():+.4f} an episode")
    profit = play(later, model, scale, random, greedy=True)[2].sum(axis=0).mean()
    print(f"on later rows: {profit:+.4f} an episode")


def sizes(envs: TakeVectorEnv) -> tuple[int, int]:
    """Numbers of features and of actions."""
    return envs.single_observation_space.shape[0], int(envs.single_action_space.n)


if __name__ == "__main__":
    main()
