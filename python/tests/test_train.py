"""A first training run: it learns, and says the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orderbook_gym.synthetic import simulate
from orderbook_gym.train import main, train
from tests.exports import snapshots_table, write

OPTIONS: dict[str, Any] = {"unit": "0.1", "fee": "0", "horizon": 200}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_policy_earns_on_rows_that_it_has_not_seen(seed: int) -> None:
    market = simulate(4000, seed=seed, depth=5).market
    result = train(market, seed=seed, **OPTIONS)
    assert result.random_profit < -1
    assert result.profit > 0.03
    assert result.generations[0] < 0 < result.generations[-1]


def test_a_seed_gives_the_same_policy() -> None:
    market = simulate(1000, seed=4, depth=3).market
    one, other = (train(market, seed=5, generations=3, population=16, **OPTIONS) for _ in range(2))
    np.testing.assert_array_equal(one.policy.weights, other.policy.weights)
    assert (one.generations, one.profit) == (other.generations, other.profit)


def test_the_command_trains_on_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = write(snapshots_table(simulate(1000, seed=4, depth=3).market), tmp_path / "book.parquet")
    out = tmp_path / "policy.npz"
    main([str(book), "--unit", "0.1", "--horizon", "100", "--generations", "5", "--out", str(out)])
    said = capsys.readouterr().out
    assert "synthetic:BTC: 1000 snapshots, every 0.1 s" in said
    assert "generation   5" in said
    assert set(np.load(out).files) == {"scale", "weights"}
