"""Runs of rows, and features of a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from orderbook_gym import Market, MarketError, feature_names, market_features


def test_a_run_ends_where_the_segment_does_even_if_no_row_is_missing(market: Market) -> None:
    """A gap may be shorter than the time between two rows."""
    few = market.part(0, 100)
    segment = few.segment.copy()
    segment[40:] += 1
    assert replace(few, segment=segment).runs().tolist() == [[0, 40], [40, 100]]


def test_a_run_ends_where_rows_are_missing_or_a_side_is(market: Market) -> None:
    few = market.part(0, 100)
    later = few.at_us.copy()
    later[30:] += few.every_us
    assert replace(few, at_us=later).runs().tolist() == [[0, 30], [30, 100]]
    empty = few.bid_sizes.copy()
    empty[60] = 0
    assert replace(few, bid_sizes=empty).runs().tolist() == [[0, 60], [61, 100]]
    crossed = few.bid_prices.copy()
    crossed[10] = few.ask_prices[10]
    assert replace(few, bid_prices=crossed).runs().tolist() == [[0, 10], [11, 100]]
    assert market.runs(with_flows=True).tolist() == [[0, 200], [200, 400], [400, 600]]


def test_a_time_belongs_to_the_row_that_ends_its_period(market: Market) -> None:
    row = 200  # The first behind a gap.
    at, every = int(market.at_us[row]), market.every_us
    told = market.row_of(np.array([at, at - 1, at - every + 1, at - every, at + 1, int(market.at_us[-1]) + 1]))
    assert told.tolist() == [row, row, row, -1, row + 1, -1]


def test_features_are_named_and_finite_and_begin_anew_with_a_run(market: Market) -> None:
    features = market_features(market, 3)
    names = feature_names(3)
    assert features.shape == (market.rows, len(names))
    assert features.dtype == np.float32
    assert np.all(np.abs(features) <= 1e4)
    change = features[:, names.index("mid_change")]
    assert change[market.runs()[:, 0]].tolist() == [0, 0, 0]
    twice_mid = market.bid_prices[:, 0] + market.ask_prices[:, 0]
    assert change[5] == pytest.approx((twice_mid[5] / twice_mid[4] - 1) * 1e4, rel=1e-5)
    assert features[7, names.index("bid_distance_0")] == pytest.approx(
        (2 * market.bid_prices[7, 0] / twice_mid[7] - 1) * 1e4, rel=1e-5
    )
    assert features[7, names.index("ask_size_2")] == pytest.approx(np.log1p(market.ask_sizes[7, 2] / 10**4), rel=1e-6)


def test_what_is_no_market_is_rejected(market: Market) -> None:
    with pytest.raises(MarketError, match="no snapshot"):
        market.part(5, 5)
    with pytest.raises(MarketError, match="order of their time"):
        replace(market, at_us=market.at_us[::-1])
    with pytest.raises(MarketError, match="instead of 600"):
        replace(market, segment=market.segment[:-1])


def test_a_market_cannot_be_changed(market: Market) -> None:
    with pytest.raises(ValueError, match="read-only"):
        market.bid_prices[0, 0] = 1
