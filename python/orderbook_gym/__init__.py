"""Gymnasium environments on recorded order books: take liquidity (`TakeEnv`), or make it (`MakeEnv`)."""

from gymnasium.envs.registration import register

from orderbook_gym.features import feature_names, market_features
from orderbook_gym.files import load
from orderbook_gym.make import MakeEnv
from orderbook_gym.market import Market, MarketError, OrderEvents, Trades
from orderbook_gym.take import TakeEnv
from orderbook_gym.vector import TakeVectorEnv

__all__ = [
    "MakeEnv",
    "Market",
    "MarketError",
    "OrderEvents",
    "TakeEnv",
    "TakeVectorEnv",
    "Trades",
    "feature_names",
    "load",
    "market_features",
]

register(
    id="orderbook_gym/Take-v0",
    entry_point="orderbook_gym.take:TakeEnv",
    vector_entry_point="orderbook_gym.vector:TakeVectorEnv",
)
register(id="orderbook_gym/Make-v0", entry_point="orderbook_gym.make:MakeEnv")
