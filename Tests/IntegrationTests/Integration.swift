import Testing

/// What runs real agents in network namespaces. One after another: some of it measures.
@Suite(.serialized) struct Integration {}
