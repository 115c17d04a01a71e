/// The result of an offload's self-test.
package enum OffloadSupport: Hashable, Sendable {
    /// The offload was used, and the result was correct.
    case works
    /// The kernel refuses it, or the result was wrong.
    case refused(SystemError)
    /// The test could not run (for example without a loopback), so nothing is known.
    case untested(SystemError)
}
