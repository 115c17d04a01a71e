/// One of the two ends, from this host's point of view.
package enum Side: String, CaseIterable, Sendable {
    case local, peer
}
