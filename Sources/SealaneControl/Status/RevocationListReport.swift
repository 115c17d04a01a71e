import FoundationEssentials
import SealaneIdentity

/// A revocation list that is in force on a host.
package struct RevocationListReport: Codable, Sendable, Equatable {
    /// The authority's name; empty: its certificate is not in the trust file.
    package var authority: String
    /// The identifier of the authority's key, hexadecimal.
    package var key: String
    package var number: UInt64
    package var issuedAt: Date
    package var ageSeconds: Int
    /// Whether it is older than `identity.revocations-max-age`.
    package var stale: Bool
    /// `current`: the list is in the file. `remembered`: only in the agent's state. `retired`: its authority is gone.
    package var standing: String
    /// The numbers of serial numbers and of instances that it revokes.
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
        standing = entry.status.rawValue
        serials = list.serials.count + list.issuedSerials.count + list.anySerials.count
        instances = list.instances.count
    }

    /// Every list in force.
    ///
    /// - Parameter staleAfter: when the oldest list becomes too old; nil: there is no list.
    package static func all(of revocations: Revocations, staleAfter: Date?, at now: Date) -> [RevocationListReport] {
        // The greatest age that the configuration allows.
        let age = staleAfter.flatMap { end in revocations.oldest.map { end.timeIntervalSince($0.issuedAt) } }
        return revocations.entries.map {
            RevocationListReport($0, staleSince: age.map { now.addingTimeInterval(-$0) }, at: now)
        }
    }
}
