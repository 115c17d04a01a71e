import CLinux
import Glibc

/// The required content of an nf_tables table, family inet. Its parts have names, so that `nft list ruleset` is
/// readable.
struct NetfilterTable: Sendable {
    let name: String
    /// Shown to people who list the table.
    let comment: String
    /// Each counts packets and bytes for the rules that name it, and outlives these rules.
    var counters: [String]
    var sets: [Set]
    var chains: [Chain]

    /// Addresses that rules look up.
    struct Set: Sendable {
        enum Key: Sendable {
            case ipv4, ipv6

            /// nft(8)'s number for the data type.
            var type: UInt32 {
                switch self {
                case .ipv4: 7
                case .ipv6: 8
                }
            }

            var byteCount: Int { self == .ipv4 ? 4 : 16 }
        }

        let name: String
        let key: Key
        /// Whether elements are disjoint prefixes of any length. Otherwise they are single addresses.
        let holdsPrefixes: Bool
        var elements: Swift.Set<NetworkPrefix>
    }

    /// Rules at one hook of the kernel's packet path. A packet that no rule drops continues.
    struct Chain: Sendable {
        enum Hook: UInt32, Sendable {
            case prerouting = 0
            case input = 1
            case forward = 2
            case output = 3
            case postrouting = 4
        }

        let name: String
        let hook: Hook
        /// Lower priorities run first: connection tracking is at -200, NAT at -100 and 100.
        let priority: Int32
        let rules: [Rule]
    }

    struct Rule: Sendable {
        let comment: String
        let expressions: [NetfilterExpression]
    }
}

extension NetworkPrefix {
    /// The first address after the prefix, in network order; nil if the prefix contains the family's last address.
    var bytesBehind: [UInt8]? {
        guard length > 0 else { return nil }
        var bytes = network.bytes
        var index = (length - 1) / 8
        var carry = UInt16(1) << UInt16(7 - (length - 1) % 8)
        while carry > 0 {
            guard index >= 0 else { return nil }
            let sum = UInt16(bytes[index]) + carry
            bytes[index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
            index -= 1
        }
        return bytes
    }
}
