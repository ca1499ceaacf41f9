"""Results on disk: in the formats of the field, and as stores that a run fills and an interruption leaves whole."""

from dcrisk.storage.again import rerun
from dcrisk.storage.formats import open_results, save_results
from dcrisk.storage.ledger import StoreProgress, store_progress

__all__ = ["StoreProgress", "open_results", "rerun", "save_results", "store_progress"]
