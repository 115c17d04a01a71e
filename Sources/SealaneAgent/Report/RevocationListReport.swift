import FoundationEssentials
import SealaneIdentity

/// A revocation list in force on a host.
public struct RevocationListReport: Codable, Sendable, Equatable {
    /// What the authority is called; empty: its certificate is not there.
    public var authority: String
    /// The identifier of the authority's key, hexadecimal.
    public var key: String
    public var number: UInt64
    public var issuedAt: Date
    public var ageSeconds: Int
    /// Whether it is older than `identity.revocations-max-age`.
    public var stale: Bool
    /// Whether it is in the file, only remembered, or of an authority that has gone: current, remembered, retired.
    public var standing: String
    /// How many serial numbers and instances it revokes.
    public var serials: Int
    public var instances: Int

    public init(
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

    /// Nil: no list is named.
    static func all(of identities: Identities, at now: Date) -> [RevocationListReport]? {
        identities.revocations.map { revocations in
            // Every list that is at least as old as the oldest that counts may be.
            let age = identities.listsStaleAfter.flatMap { end in
                revocations.oldest.map { end.timeIntervalSince($0.issuedAt) }
            }
            return revocations.entries.map {
                RevocationListReport($0, staleSince: age.map { now.addingTimeInterval(-$0) }, at: now)
            }
        }
    }

    /// `list 7 of 2026-01-02T03:04:05Z, 3 d old, by CN=..., key 0123456789abcdef: 1 serial number, 2 instances`
    var summary: String {
        let age = ageSeconds < 0 ? "of the future" : "\(ReportStyle.span(seconds: ageSeconds)) old"
        let whose = authority.isEmpty ? "key" : "\(authority), key"
        let state = standing == "current" ? "" : ", \(standing)"
        return "list \(number) of \(issuedAt.formatted(.iso8601)), \(age)\(stale ? ", too old" : "")\(state), "
            + "by \(whose) \(key.prefix(16)): \(ReportStyle.count(serials, "serial number")), "
            + ReportStyle.count(instances, "instance")
    }
}
