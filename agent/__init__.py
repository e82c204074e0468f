"""The agent: engines, reranking, policy, reasons, feedback, and the `Recommender` that joins them."""
