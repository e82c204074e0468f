"""`evaluate redial` and `evaluate inspired`: which film is advised next, by one honest protocol (docs/dialogues.md)."""
