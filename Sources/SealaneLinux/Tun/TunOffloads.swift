/// Work that the reader of a TUN device does instead of the kernel (kernel: TUN_F_..., the argument of TUNSETOFFLOAD).
///
/// They do not determine what may be *written*: see `TunQueue.probeWrites`.
@frozen
public struct TunOffloads: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Packets may arrive with a partial transport checksum for the reader to complete. All other offloads need this
    /// one.
    @inlinable public static var checksum: TunOffloads { TunOffloads(rawValue: 0x01) }
    /// Super-packets of TCP over IPv4.
    @inlinable public static var tso4: TunOffloads { TunOffloads(rawValue: 0x02) }
    /// Super-packets of TCP over IPv6.
    @inlinable public static var tso6: TunOffloads { TunOffloads(rawValue: 0x04) }
    /// TCP super-packets may have the CWR flag set, which belongs to their first segment. Needs `tso4` or `tso6`.
    @inlinable public static var ecn: TunOffloads { TunOffloads(rawValue: 0x08) }
    /// Super-packets of UDP over both families (Linux 6.2).
    @inlinable public static var uso: TunOffloads { TunOffloads(rawValue: 0x60) }

    @inlinable public static var all: TunOffloads { [.checksum, .tso4, .tso6, .ecn, .uso] }

    /// `checksum tso4`; `none`.
    public var description: String {
        let names = Self.named.filter { contains($0.offload) }.map(\.name)
        return names.isEmpty ? "none" : names.joined(separator: " ")
    }

    /// In the order in which `negotiate` gives them up.
    static var named: [(offload: TunOffloads, name: String)] {
        [(.uso, "uso"), (.ecn, "ecn"), (.tso6, "tso6"), (.tso4, "tso4"), (.checksum, "checksum")]
    }
}
