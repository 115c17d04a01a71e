import FoundationEssentials
import SealaneLinux

/// The path of a control socket, and what is there.
public struct ControlSocket: Sendable {
    /// SwiftNIO takes paths of 103 bytes (`sun_path` on all its systems); the one that is bound is longer by 3.
    public static var pathByteLimit: Int { 100 }
    /// For the owner and the group.
    static var mode: UInt32 { 0o660 }

    public let path: String

    enum Occupant {
        case nothing
        case socket
        case other
    }

    var occupant: Occupant {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return .nothing }
        return attributes[.type] as? FileAttributeType == .typeSocket ? .socket : .other
    }
}
