"""`MakeEnv`: places in the queue, fills, accounts, no future."""

from __future__ import annotations

import warnings
from dataclasses import replace
from decimal import Decimal
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from orderbook_gym import MakeEnv, Market, MarketError
from orderbook_gym.queues import ASK, BID, UNKNOWN, Queues
from orderbook_gym.synthetic import TICK, Simulated, simulate
from tests.replay import Account, QueueReplay

OPTIONS: dict[str, Any] = {"unit": "0.2", "tick": "0.1", "units": 3, "fee": "-0.00012", "horizon": 120}


def play(env: MakeEnv, seed: int, start: int | None = None) -> list[Any]:
    random = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed, options=None if start is None else {"start": start})
    told: list[Any] = [(observation.tobytes(), 0.0, info)]
    truncated = False
    action = [1, 1]
    while not truncated:
        if random.random() < 0.3:
            action = random.integers(0, len(env.offsets) + 1, size=2).tolist()
        observation, reward, _, truncated, info = env.step(action)
        told.append((observation.tobytes(), reward, info))
    return told


def test_gymnasium_has_nothing_to_say(market: Market, level_market: Market) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in (market, level_market):
            check_env(MakeEnv(one, **OPTIONS), skip_render_check=True)
        check_env(gymnasium.make("orderbook_gym/Make-v0", market=market, **OPTIONS).unwrapped)


@pytest.mark.parametrize("seed", range(12))
def test_the_place_in_the_queue_is_exact_with_orders(seed: int) -> None:
    """Beside a replay of every order by its id, at every price of the depth."""
    simulated = simulate(60, seed=seed, depth=6, acts=8)
    market = simulated.market
    queues = Queues(market)
    replay = QueueReplay(market, simulated.messages)
    random = np.random.default_rng(seed)
    seen = {"filled": 0, "compared": 0}
    for _ in range(25):
        row = int(random.integers(1, 40))
        side = int(random.integers(2))
        best = int((market.bid_prices if side == BID else market.ask_prices)[row, 0])
        offset = int(random.integers(-1, 4)) * TICK
        price = best - offset if side == BID else best + offset
        other = int((market.ask_prices if side == BID else market.bid_prices)[row, 0])
        if price >= other if side == BID else price <= other:
            continue
        size = int(random.integers(1, 30)) * 100
        quote = queues.place(side, row, price, size)
        filled = 0
        told = replay.ahead_and_fills(row, min(row + 15, market.rows - 1), side == BID, price, size)
        for at, (ahead, should) in enumerate(told, start=row + 1):
            reached = int((market.ask_prices if side == BID else market.bid_prices)[at, 0])
            if reached <= price if side == BID else reached >= price:
                assert filled + queues.fill(side, at, quote) == size
                break
            filled += queues.fill(side, at, quote)
            assert (filled, quote.ahead) == (should, ahead)
            seen["compared"] += 1
            if quote.remaining == 0:
                seen["filled"] += 1
                break
    assert seen["compared"] > 60
    assert seen["filled"] > 0


def test_the_model_never_fills_before_the_exact_queue_does() -> None:
    later = 0
    for seed in range(12):
        market = simulate(80, seed=100 + seed, depth=6, acts=8).market
        both = (Queues(market), Queues(replace(market, orders=None)))
        random = np.random.default_rng(seed)
        for _ in range(60):
            row = int(random.integers(1, 60))
            side = int(random.integers(2))
            price = int((market.bid_prices if side == BID else market.ask_prices)[row, random.integers(4)])
            if price == 0:
                continue
            exact, model = (queues.place(side, row, price, 1500) for queues in both)
            for at in range(row + 1, min(row + 20, market.rows)):
                for queues, quote in zip(both, (exact, model), strict=True):
                    if quote.remaining:
                        queues.fill(side, at, quote)
                assert model.remaining >= exact.remaining
                assert exact.remaining == 0 or model.ahead >= exact.ahead
                later += model.remaining > exact.remaining
    assert later > 50


def test_a_price_outside_the_recorded_depth_is_filled_only_by_takers_beyond_it(level_market: Market) -> None:
    shallow = replace(
        level_market.part(0, 200),
        **{
            f"{side}_{kind}": getattr(level_market, f"{side}_{kind}")[:200, :1]
            for side in ("bid", "ask")
            for kind in ("prices", "sizes")
        },
    )
    queues, deep = Queues(shallow), Queues(level_market)
    trades = level_market.trades
    assert trades is not None
    rows = level_market.row_of(trades.at_us)
    outside = 0
    for row in range(1, 150):
        price = int(shallow.bid_prices[row, 0]) - 2 * TICK
        quote = queues.place(BID, row, price, 1000)
        assert quote.ahead == UNKNOWN
        assert deep.place(BID, row, price, 1000).ahead < UNKNOWN
        through = (rows == row + 1) & ~trades.is_buy & (trades.price < price)
        if shallow.bid_prices[row + 1, 0] > price and shallow.ask_prices[row + 1, 0] > price:
            assert queues.fill(BID, row + 1, quote) == min(1000, int(trades.size[through].sum()))
            outside += 1
    assert outside > 50


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", ["orders", "levels"])
def test_the_account_is_that_of_its_fills(market: Market, level_market: Market, kind: str, seed: int) -> None:
    one = market if kind == "orders" else level_market
    random = np.random.default_rng(seed)
    fee = f"{int(random.integers(-900, 900)) / 1_000_000:.6f}"
    env = MakeEnv(one, **OPTIONS | {"fee": fee, "latency": int(random.integers(0, 4)), "unit": "0.1937"})
    account = Account(one, Decimal(fee))
    told = play(env, seed)
    before = account.equity(told[0][2]["row"])
    for _, reward, info in told[1:]:
        for side, price, size in info["fills"]:
            money = Decimal(price).scaleb(-one.price_scale)
            amount = Decimal(size).scaleb(-one.size_scale)
            account.fill(side == BID, money * amount, amount)
        after = account.equity(info["row"])
        assert account.integers() == {key: info[key] for key in ("cash", "fees", "position")}
        assert reward == pytest.approx(float(after - before), rel=1e-12, abs=1e-12)
        assert abs(info["position"]) <= env.unit * env.units
        before = after
    assert any(info["fills"] for _, _, info in told)


@pytest.mark.parametrize("seed", range(20))
def test_no_more_is_filled_than_takers_traded(market: Market, seed: int) -> None:
    """Except where the other side reached the quote, each fill was somebody's at that price or a worse one."""
    env = MakeEnv(market, **OPTIONS | {"unit": "0.31"})
    assert market.trades is not None
    rows = market.row_of(market.trades.at_us)
    for _, _, info in play(env, seed)[1:]:
        for side, price, size in info["fills"]:
            row = info["row"]
            reached = market.ask_prices[row, 0] <= price if side == BID else market.bid_prices[row, 0] >= price
            sign = 1 if side == BID else -1
            fits = (rows == row) & (market.trades.is_buy == (side == ASK)) & (sign * (market.trades.price - price) <= 0)
            assert reached or market.trades.size[fits].sum() >= size


def test_a_kept_quote_keeps_its_place_and_a_moved_one_joins_the_end(market: Market) -> None:
    env = MakeEnv(market, **OPTIONS | {"latency": 0, "units": 50})
    for start in range(1, 60):
        env.reset(options={"start": start})
        env.step([1, 0])
        quote = env._quotes[BID]
        if quote is None:
            continue
        best = market.bid_prices[env._row, 0]
        env.step([1, 0])
        if best == quote.price and quote.remaining:
            assert env._quotes[BID] is quote
        elif env._quotes[BID] is not None and env._quotes[BID] is not quote:
            assert env._quotes[BID].placed_us >= quote.placed_us
            assert env._quotes[BID].price == best


def test_a_quote_that_would_take_is_rejected(market: Market) -> None:
    env = MakeEnv(market, **OPTIONS | {"offsets": (-1000,), "latency": 0})
    env.reset(seed=0)
    _, _, _, _, info = env.step([1, 1])
    assert info["rejected"] == 2
    assert info["fills"] == []


def test_latency_lets_a_quote_arrive_later(market: Market) -> None:
    env = MakeEnv(market, **OPTIONS | {"latency": 3})
    env.reset(options={"start": 5})
    wanted = market.bid_prices[5, 0]
    for step in range(3):
        assert env._quotes[BID] is None
        env.step([1, 0] if step == 0 else [0, 0])
    quote = env._quotes[BID]
    assert quote is not None
    assert (quote.price, quote.placed_us) == (wanted, market.at_us[8])
    env.step([0, 0])
    assert env._quotes[BID] is None


@pytest.mark.parametrize("latency", [0, 1, 3])
@pytest.mark.parametrize("kind", ["orders", "levels"])
def test_nothing_depends_on_later_rows(market: Market, level_market: Market, kind: str, latency: int) -> None:
    one = market if kind == "orders" else level_market
    options = OPTIONS | {"latency": latency}
    for start in (0, 200, 479):
        whole = play(MakeEnv(one, **options), 1, start)
        for steps in [*range(1, 12), 60, 119]:
            cut = one.part(0, start + steps + 1)
            told = play(MakeEnv(cut, **options | {"horizon": steps}), 1, start)
            assert told == whole[: steps + 1]


def test_a_seed_gives_the_same_bits(market: Market) -> None:
    for seed in range(5):
        assert play(MakeEnv(market, **OPTIONS), seed) == play(MakeEnv(market, **OPTIONS), seed)


def test_an_episode_has_no_row_whose_trades_may_be_missing(market: Market) -> None:
    lost = market.flow_complete.copy()
    lost[100] = False
    env = MakeEnv(replace(market, flow_complete=lost), **OPTIONS | {"horizon": 50})
    played = {env.episodes.row(n) for n in range(env.episodes.count)}
    assert {row for row in played if 50 <= row < 100} == set()
    assert {50 - 1, 100} <= played


def test_quotes_need_trades(market: Market) -> None:
    with pytest.raises(MarketError, match="trades or orders"):
        MakeEnv(replace(market, trades=None, orders=None), **OPTIONS)


def test_messages_explain_every_size_of_the_snapshots(simulated: Simulated) -> None:
    """Between two rows a level changes by what joined, was matched and was cancelled there, and nothing else."""
    market = simulated.market
    assert market.orders is not None
    orders = market.orders
    rows = market.row_of(orders.at_us)
    joined: dict[tuple[int, bool, int], int] = {}
    for message in simulated.messages:
        row = int(market.row_of(np.array([message.at_us]))[0])
        price, size = message.price, message.size
        if message.kind == "change" and message.change.new_size > message.change.old_size:
            price, size = message.change.price, message.change.new_size
        elif message.kind != "open":
            continue
        key = (row, message.side == "buy", price)
        joined[key] = joined.get(key, 0) + size
    compared = 0
    for row in range(1, market.rows):
        if market.segment[row] != market.segment[row - 1]:
            continue
        for is_bid in (True, False):
            prices = market.bid_prices if is_bid else market.ask_prices
            sizes = market.bid_sizes if is_bid else market.ask_sizes
            before = dict(zip(prices[row - 1].tolist(), sizes[row - 1].tolist(), strict=True))
            for price, size in zip(prices[row].tolist(), sizes[row].tolist(), strict=True):
                if price not in before or size == 0:
                    continue
                left = (rows == row) & (orders.is_bid == is_bid) & (orders.price == price)
                change = joined.get((row, is_bid, price), 0) - int(orders.size[left].sum())
                assert size == before[price] + change
                compared += 1
    assert compared > 1000


def test_a_level_that_shows_less_shortens_the_queue_of_the_model(level_market: Market) -> None:
    queues = Queues(level_market)
    shortened = 0
    for row in range(1, 190):
        price, shown = int(level_market.bid_prices[row, 0]), int(level_market.bid_sizes[row, 0])
        quote = queues.place(BID, row, price, 100)
        assert quote.ahead == shown
        if level_market.bid_prices[row + 1, 0] != price or level_market.down_count[row + 1]:
            continue
        assert queues.fill(BID, row + 1, quote) == 0
        assert quote.ahead == min(shown, int(level_market.bid_sizes[row + 1, 0]))
        shortened += quote.ahead < shown
    assert shortened > 5


def test_gymnasium_makes_a_vector_of_it(market: Market) -> None:
    envs = gymnasium.make_vec("orderbook_gym/Make-v0", num_envs=3, market=market, **OPTIONS)
    observations, info = envs.reset(seed=4)
    singles = [MakeEnv(market, **OPTIONS) for _ in range(3)]
    firsts = [env.reset(seed=4 + n) for n, env in enumerate(singles)]
    for _ in range(OPTIONS["horizon"]):
        np.testing.assert_array_equal(observations, [first[0] for first in firsts])
        np.testing.assert_array_equal(info["cash"], [first[-1]["cash"] for first in firsts])
        observations, *_, info = envs.step(np.array([[1, 2]] * 3))
        firsts = [env.step([1, 2]) for env in singles]
    assert any(first[-1]["cash"] for first in firsts)


@pytest.mark.parametrize("action", [(-1, 0), (0, -1), (99, 0), (0, 99)])
def test_an_action_outside_of_the_space_is_rejected(market: Market, action: tuple[int, int]) -> None:
    env = MakeEnv(market, **OPTIONS)
    env.reset(seed=1)
    with pytest.raises(MarketError, match="no action"):
        env.step(action)
