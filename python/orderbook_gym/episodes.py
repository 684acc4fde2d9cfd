"""Where episodes may begin: only where all of their rows lie in one run without a gap."""

from __future__ import annotations

import numpy as np

from orderbook_gym.market import Ints, Market, MarketError


class Episodes:
    """Draws the first rows of episodes of ``horizon`` steps, which take ``horizon + 1`` rows each."""

    def __init__(self, market: Market, horizon: int, *, with_flows: bool) -> None:
        if horizon < 1:
            raise MarketError(f"An episode of {horizon} steps is none")
        self._horizon = horizon
        runs = market.runs(with_flows=with_flows)
        starts = runs[:, 1] - runs[:, 0] - horizon
        keep = starts > 0
        self._first: Ints = runs[keep, 0]
        self._stops: Ints = np.cumsum(starts[keep])
        if not len(self._first):
            longest = int((runs[:, 1] - runs[:, 0]).max()) if len(runs) else 0
            raise MarketError(f"No {horizon + 1} rows follow one another without a gap: the longest run has {longest}")

    @property
    def count(self) -> int:
        """Number of rows at which an episode may begin."""
        return int(self._stops[-1])

    def row(self, number: int) -> int:
        """Row of the start with that number, from 0 to ``count - 1``."""
        run = int(np.searchsorted(self._stops, number, side="right"))
        before = int(self._stops[run - 1]) if run else 0
        return int(self._first[run]) + number - before

    def draw(self, random: np.random.Generator) -> int:
        """Draw the first row of an episode; every possible one has the same chance."""
        return self.row(int(random.integers(self.count)))

    def check(self, row: int) -> int:
        """Return the row if an episode may begin there, else raise MarketError."""
        run = int(np.searchsorted(self._first, row, side="right")) - 1
        starts = int(self._stops[run] - (self._stops[run - 1] if run > 0 else 0))
        if run < 0 or row - int(self._first[run]) >= starts:
            raise MarketError(f"No episode of {self._horizon} steps can begin at row {row}")
        return row
