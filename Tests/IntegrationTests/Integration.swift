import Glibc
import Testing

/// Tests that run real agents in network namespaces. They run one after another because some of them measure.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root, for network namespaces that have names"))
struct Integration {}
