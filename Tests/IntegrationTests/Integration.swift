import Glibc
import Testing

/// What runs real agents in network namespaces. One after another: some of it measures.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root, for network namespaces that have names"))
struct Integration {}
