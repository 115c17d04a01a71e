import SealaneLinux
import SealaneTunnel

/// Which peers have ever shown a certificate, by their static keys: whatever else a peer does, it proves in every handshake that
/// it holds that key. Kept in a file of the state directory, one key a line.
///
/// A peer is forgotten when no peer of this host has its key any more.
public struct CertifiedPeers: Sendable {
    /// Of a million peers.
    private static var byteLimit: Int { 64 << 20 }

    public let path: String
    private var keys: Set<PublicKey> = []
    /// Those of them that are not on the disk yet, because that failed.
    private var unsaved: Set<PublicKey> = []

    /// Reads the file. No file: nobody has shown one.
    public init(inStateDirectory directory: String) throws(CertifiedPeersError) {
        path = directory + "/certified-peers"
        let content: [UInt8]
        do throws(SystemError) {
            content = try JournalFile(path, creating: false).read(maximumByteCount: Self.byteLimit)
        } catch  where error.meansNoSuchFile {
            return
        } catch {
            throw CertifiedPeersError(path: path, problem: .system(error))
        }
        for (index, line) in content.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let key = PublicKey(String(decoding: line, as: UTF8.self)) else {
                throw CertifiedPeersError(path: path, problem: .unreadable(line: index + 1))
            }
            keys.insert(key)
        }
    }

    public func contains(_ key: PublicKey) -> Bool { keys.contains(key) }

    /// Remembers the holder of `key`: on the disk when it returns. Where it throws, it is remembered in memory, and `save` tries
    /// again.
    public mutating func insert(_ key: PublicKey) throws(CertifiedPeersError) {
        guard keys.insert(key).inserted else { return }
        unsaved.insert(key)
        try save()
    }

    /// Writes what could not be written before, if anything.
    public mutating func save() throws(CertifiedPeersError) {
        guard !unsaved.isEmpty else { return }
        do throws(SystemError) {
            let file = try JournalFile(path)
            for key in unsaved {
                try file.append(line: Array("\(key)".utf8))
                unsaved.remove(key)
            }
        } catch {
            throw CertifiedPeersError(path: path, problem: .system(error))
        }
    }

    /// Forgets all whose key is not among these. Where it throws, it forgets nobody.
    public mutating func forget(allBut current: Set<PublicKey>) throws(CertifiedPeersError) {
        let kept = keys.intersection(current)
        guard kept.count < keys.count else { return }
        let lines = kept.map { "\($0)\n" }.sorted().joined()
        do throws(SystemError) {
            try AtomicFile.write(path, Array(lines.utf8), mode: 0o600)
        } catch {
            throw CertifiedPeersError(path: path, problem: .system(error))
        }
        keys = kept
        unsaved = []
    }
}

/// Why it could not be read or written which peers have shown a certificate.
public struct CertifiedPeersError: Error, Sendable, CustomStringConvertible {
    public enum Problem: Sendable {
        case system(SystemError)
        case unreadable(line: Int)
    }

    public let path: String
    public let problem: Problem

    public var description: String {
        switch problem {
        case .system(let error):
            "which peers have shown a certificate: \(path): \(error)"
        case .unreadable(let line):
            "\(path):\(line): this is no public key; expected one a line, of the peers that have shown a certificate. "
                + "Mend the line, or remove the file: without it, such peers are believed without a certificate where "
                + "policy.require-certificate is off"
        }
    }
}
