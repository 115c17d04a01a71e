/// What happens in transparent mode to traffic of protected prefixes that no session encrypts. The words are those of AWS's VPC
/// Encryption Controls.
package enum Enforcement: String, Hashable, Sendable, CaseIterable, Codable {
    /// It passes in the clear, and is counted.
    case monitor
    /// The kernel refuses it, in both directions.
    case enforce
}
