"""Adapting the embedding model to questions about a corpus: `medqa train`.

`sections` reads a corpus as training wants it, `wording` rewrites headings into what patients write, `reals` reads
questions that were really asked, `drawing` puts both into batches, `adapting` is the loop in torch, `recipe` its
settings, and `run` the whole of it, from articles to a folder.
"""
