"""From a catalogue and a user's history to candidates with a prior."""
