"""The agent: it composes drivers, signal processing and sync into one supervised process."""
