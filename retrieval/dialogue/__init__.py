"""What to recommend in a dialogue, from what was said so far: `prior.DialoguePrior`."""
