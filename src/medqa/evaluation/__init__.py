"""The bench: question sets with their labels, the measures over them, and reports of what came out."""
