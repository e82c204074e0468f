"""The HTTP door: routes that call `AsyncRecommender`, in shapes that existing clients know. None holds logic of its own."""
