"""Public data sets, read into `Item`s and `Event`s."""
