"""Benchmarks behind `tastemaker bench …`. Each runs what it compares in the same call and prints its raw quartiles."""
