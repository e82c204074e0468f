"""The append-only log of decisions and of the rewards that join them."""
