"""Markets that many tests play on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from orderbook_gym import Market
from orderbook_gym.synthetic import Simulated, simulate


@pytest.fixture(scope="session")
def simulated() -> Simulated:
    return simulate(600, seed=7, depth=5, segments=3)


@pytest.fixture(scope="session")
def market(simulated: Simulated) -> Market:
    return simulated.market


@pytest.fixture(scope="session")
def level_market(market: Market) -> Market:
    """Return the same market without orders: queues by the model."""
    return replace(market, orders=None)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    """Add to the total of continuous integration, in the form that the other tests have."""
    yield
    tally = os.environ.get("TEST_TALLY")
    if tally is None:
        return
    reports = {name: terminalreporter.stats.get(name, []) for name in ("passed", "failed", "error")}
    failed = reports["failed"] + reports["error"]
    with open(tally, "a", encoding="utf-8") as file:
        for report in failed:
            path, _, name = getattr(report, "nodeid", str(report)).partition("::")
            file.write(f"failed\tpython/{path}\t{name}\t\n")
        file.write(f"passed\t{len(reports['passed'])}\n")
