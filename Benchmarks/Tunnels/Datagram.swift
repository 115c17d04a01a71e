import ArgumentParser
import NetworkLab
import SealaneLinux

/// The messages between sink and blast, in the first 32 bytes of a datagram, in native byte order: kind (1 byte at 0),
/// number of the blast (4 at 4), and in answers the number of datagrams received (8 at 8), the nanoseconds between the
/// first and the last (8 at 16), and the greatest number that arrived joined (4 at 24).
enum Datagram {
    enum Kind: UInt8 {
        case counted = 1
        case question
        case answer
    }

    static let minimumByteCount = 32

    struct Count: Equatable {
        var datagrams: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var longestRun: UInt32 = 0

        var perSecond: Double { nanoseconds == 0 ? 0 : Double(datagrams) * 1e9 / Double(nanoseconds) }
    }

    static func write(_ kind: Kind, blast: UInt32, _ count: Count = Count(), to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: kind.rawValue, as: UInt8.self)
        bytes.storeBytes(of: blast, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: count.datagrams, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: count.nanoseconds, toByteOffset: 16, as: UInt64.self)
        bytes.storeBytes(of: count.longestRun, toByteOffset: 24, as: UInt32.self)
    }

    static func kind(of bytes: UnsafeRawBufferPointer) -> Kind? {
        bytes.count < minimumByteCount ? nil : Kind(rawValue: bytes[0])
    }

    static func blast(of bytes: UnsafeRawBufferPointer) -> UInt32 { bytes.load(fromByteOffset: 4, as: UInt32.self) }

    static func count(of bytes: UnsafeRawBufferPointer) -> Count {
        Count(
            datagrams: bytes.load(fromByteOffset: 8, as: UInt64.self),
            nanoseconds: bytes.load(fromByteOffset: 16, as: UInt64.self),
            longestRun: bytes.load(fromByteOffset: 24, as: UInt32.self))
    }
}

/// An address, with the port of the load generators.
struct LoadAddress: ExpressibleByArgument {
    let socketAddress: SocketAddress

    init?(argument: String) {
        guard let address = SocketAddress(argument, port: 5400) else { return nil }
        socketAddress = address
    }
}
