"""Doors for other libraries. They call the Python API; none holds logic."""
