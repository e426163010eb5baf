"""Consumers by their handlers alone, a worker's channel, two layers, a stream of events, a thread that sends."""
