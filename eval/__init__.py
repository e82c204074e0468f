"""Measurement: benchmarks that print JSON. Metrics, splits and estimators come to live here."""
