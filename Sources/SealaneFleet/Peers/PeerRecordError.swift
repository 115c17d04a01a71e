/// Every wrong value of a peer record.
package struct PeerRecordError: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one, each as `key: what is wrong; what would be right`.
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}
