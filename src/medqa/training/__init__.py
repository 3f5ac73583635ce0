"""Adapting the embedding model to a corpus: `medqa train`.

`sections` reads a corpus as training wants it, `wording` rewrites headings into what patients write,
`batches` puts look-alike sections together so that each is a hard negative of the others, `adapting` is
the loop in torch, `recipe` its settings, and `run` the whole of it, from articles to a folder.
"""
