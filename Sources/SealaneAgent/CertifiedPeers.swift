import SealaneLinux
import SealaneTunnel

/// Which peers have ever shown a certificate, by their static keys: whatever else a peer does, it proves in every handshake that
/// it holds that key. Kept in a file of the state directory, one key a line.
///
/// A peer is forgotten when no peer of this host has its key any more.
///
/// The file is written by a thread of its own: a disk that hangs holds up nobody for long.
package struct CertifiedPeers: Sendable {
    /// Of a million peers.
    private static var byteLimit: Int { 64 << 20 }

    package let path: String
    private var keys: Set<PublicKey> = []
    /// Those of them that are not on the disk yet, because that failed or has not ended.
    private var unsaved: Set<PublicKey> = []
    private let disk: DiskThread
    private let outcomes = Lock<[Outcome]>([])

    /// Of a change of the file, whenever it ends.
    private enum Outcome: Sendable {
        case added(Set<PublicKey>, SystemError?)
        case replaced(Set<PublicKey>, SystemError?)

        var failure: SystemError? {
            switch self {
            case .added(_, let failure), .replaced(_, let failure): failure
            }
        }
    }

    /// Reads the file. No file: nobody has shown one.
    ///
    /// - Parameter patience: how long a change waits for the disk.
    package init(
        inStateDirectory directory: String, patience: Duration = .seconds(1)
    ) throws(CertifiedPeersError) {
        path = directory + "/certified-peers"
        disk = DiskThread(name: "sealane-peers", patience: patience)
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

    package func contains(_ key: PublicKey) -> Bool { keys.contains(key) }

    /// Remembers the holder of `key`: on the disk when it returns. Where it throws, because the disk refuses it or does not answer
    /// in time, it is remembered in memory, and `save` tries again.
    package mutating func insert(_ key: PublicKey) throws(CertifiedPeersError) {
        guard keys.insert(key).inserted else { return }
        unsaved.insert(key)
        try save()
    }

    /// Writes what could not be written before, if anything.
    package mutating func save() throws(CertifiedPeersError) {
        _ = takeOutcomes()
        guard !unsaved.isEmpty else { return }
        try change { [path, unsaved] in
            var saved: Set<PublicKey> = []
            do throws(SystemError) {
                let file = try JournalFile(path)
                for key in unsaved {
                    try file.append(line: Array("\(key)".utf8))
                    saved.insert(key)
                }
                return .added(saved, nil)
            } catch {
                return .added(saved, error)
            }
        }
        if let failure = takeOutcomes() { throw CertifiedPeersError(path: path, problem: .system(failure)) }
    }

    /// Forgets all whose key is not among these. Where it throws, it forgets nobody.
    package mutating func forget(allBut current: Set<PublicKey>) throws(CertifiedPeersError) {
        _ = takeOutcomes()
        let kept = keys.intersection(current)
        guard kept.count < keys.count else { return }
        try change { [path] in
            let lines = kept.map { "\($0)\n" }.sorted().joined()
            do throws(SystemError) {
                try AtomicFile.write(path, Array(lines.utf8), mode: 0o600)
                return .replaced(kept, nil)
            } catch {
                return .replaced(kept, error)
            }
        }
        if let failure = takeOutcomes() { throw CertifiedPeersError(path: path, problem: .system(failure)) }
        keys = kept
        unsaved = []
    }

    private func change(_ body: @escaping @Sendable () -> Outcome) throws(CertifiedPeersError) {
        do throws(SystemError) {
            try disk.run(path) { [outcomes] in
                let outcome = body()
                outcomes.withLock { $0.append(outcome) }
            }
        } catch {
            throw CertifiedPeersError(path: path, problem: .system(error))
        }
    }

    /// Takes in what has ended, which may be a change that was too late for whoever asked for it. Returns the failure, if one
    /// failed.
    private mutating func takeOutcomes() -> SystemError? {
        let ended = outcomes.withLock { outcomes in
            defer { outcomes = [] }
            return outcomes
        }
        for outcome in ended {
            switch outcome {
            case .added(let saved, _):
                unsaved.subtract(saved)
            case .replaced(let kept, nil):
                // Nobody was forgotten: those that the file has not any more are to be in it again.
                unsaved.subtract(kept)
                unsaved.formUnion(keys.subtracting(kept))
            case .replaced:
                break
            }
        }
        return ended.lazy.compactMap(\.failure).first
    }
}

/// Why it could not be read or written which peers have shown a certificate.
package struct CertifiedPeersError: Error, Sendable, CustomStringConvertible {
    package enum Problem: Sendable {
        case system(SystemError)
        case unreadable(line: Int)
    }

    package let path: String
    package let problem: Problem

    package var description: String {
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
