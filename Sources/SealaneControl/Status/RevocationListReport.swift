import FoundationEssentials
import SealaneIdentity

/// A revocation list in force on a host.
package struct RevocationListReport: Codable, Sendable, Equatable {
    /// What the authority is called; empty: its certificate is not there.
    package var authority: String
    /// The identifier of the authority's key, hexadecimal.
    package var key: String
    package var number: UInt64
    package var issuedAt: Date
    package var ageSeconds: Int
    /// Whether it is older than `identity.revocations-max-age`.
    package var stale: Bool
    /// Whether it is in the file, only remembered, or of an authority that has gone: current, remembered, retired.
    package var standing: String
    /// How many serial numbers and instances it revokes.
    package var serials: Int
    package var instances: Int

    package init(
        authority: String, key: String, number: UInt64, issuedAt: Date, ageSeconds: Int, stale: Bool, standing: String,
        serials: Int, instances: Int
    ) {
        self.authority = authority
        self.key = key
        self.number = number
        self.issuedAt = issuedAt
        self.ageSeconds = ageSeconds
        self.stale = stale
        self.standing = standing
        self.serials = serials
        self.instances = instances
    }

    init(_ entry: Revocations.Entry, staleSince: Date?, at now: Date) {
        let list = entry.list
        authority = list.signerName
        key = list.signer.description
        number = list.number
        issuedAt = list.issuedAt
        ageSeconds = Int(now.timeIntervalSince(list.issuedAt))
        stale = staleSince.map { list.issuedAt < $0 } ?? false
        standing = entry.standing.rawValue
        serials = list.serials.count + list.issuedSerials.count + list.anySerials.count
        instances = list.instances.count
    }

    /// Every list in force.
    ///
    /// - Parameter staleAfter: when the oldest of them becomes too old; nil: there is no list.
    package static func all(of revocations: Revocations, staleAfter: Date?, at now: Date) -> [RevocationListReport] {
        // Every list that is at least as old as the oldest that counts may be.
        let age = staleAfter.flatMap { end in revocations.oldest.map { end.timeIntervalSince($0.issuedAt) } }
        return revocations.entries.map {
            RevocationListReport($0, staleSince: age.map { now.addingTimeInterval(-$0) }, at: now)
        }
    }
}
