"""What operators do with a pipeline: do records come back, each once, and is nothing deleted without success?"""
