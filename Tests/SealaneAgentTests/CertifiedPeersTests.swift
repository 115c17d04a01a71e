import Foundation
import SealaneAgent
import SealaneLinux
import SealaneTunnel
import TestSupport
import Testing

@Suite struct CertifiedPeersTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private var path: String { directory.path("certified-peers") }

    private func key(_ byte: UInt8) throws -> PublicKey {
        try #require(PublicKey(bytes: [UInt8](repeating: byte, count: 32)))
    }

    private func read() throws -> CertifiedPeers { try CertifiedPeers(inStateDirectory: directory.root) }

    @Test func `who has shown a certificate is remembered by the next agent, once it was told`() throws {
        var peers = try read()
        #expect(try !peers.contains(key(1)))
        #expect(!FileManager.default.fileExists(atPath: path))
        try peers.insert(key(1))
        // As a process that is killed at this moment leaves it.
        #expect(try read().contains(key(1)))
        try peers.insert(key(2))
        try peers.insert(key(1))
        let later = try read()
        for byte in 1...3 as ClosedRange<UInt8> { #expect(try later.contains(key(byte)) == (byte < 3)) }
        #expect(directory.mode(of: "certified-peers") == 0o600)
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
    }

    @Test func `a line that a crash cut off was never acknowledged, and is no error`() throws {
        var peers = try read()
        try peers.insert(key(1))
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try (whole + "AgICAgIC").write(toFile: path, atomically: false, encoding: .utf8)
        var later = try read()
        #expect(try later.contains(key(1)))
        try later.insert(key(2))
        #expect(try read().contains(key(2)))
    }

    @Test func `who is no peer any more is forgotten, and the others are not`() throws {
        var peers = try read()
        for byte in 1...3 as ClosedRange<UInt8> { try peers.insert(key(byte)) }
        try peers.forget(allBut: [key(2), key(9)])
        for now in [peers, try read()] {
            #expect(try !now.contains(key(1)))
            #expect(try now.contains(key(2)))
            #expect(try !now.contains(key(9)))
        }
        try peers.insert(key(1))
        #expect(try read().contains(key(1)))
    }

    @Test func `what cannot be written is remembered in memory, and written as soon as it can be`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: CertifiedPeersError.self) { try read() }
        try FileManager.default.removeItem(atPath: path)
        var peers = try read()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: CertifiedPeersError.self) { try peers.insert(key(1)) }
        #expect(try peers.contains(key(1)))
        #expect(throws: CertifiedPeersError.self) { try peers.save() }
        try FileManager.default.removeItem(atPath: path)
        try peers.save()
        #expect(try read().contains(key(1)))
    }

    @Test func `a disk that hangs holds nobody up, and what it did not take is written once it answers`() throws {
        var peers = try CertifiedPeers(inStateDirectory: directory.root, patience: .milliseconds(50))
        try peers.insert(key(1))
        // Another holder of the lock is what a disk that hangs looks like.
        var holder: JournalFile? = try JournalFile(path)
        for byte in 2...3 as ClosedRange<UInt8> {
            #expect {
                try peers.insert(key(byte))
            } throws: { error in
                "\(error)".contains("its file system does not respond")
            }
            #expect(try peers.contains(key(byte)))
        }
        #expect(throws: CertifiedPeersError.self) { try peers.forget(allBut: [key(3)]) }
        #expect(try peers.contains(key(1)))
        _ = holder.take()
        try savedBefore { try peers.save() }
        let later = try read()
        for byte in 1...3 as ClosedRange<UInt8> { #expect(try later.contains(key(byte))) }
        try peers.forget(allBut: [key(3)])
        #expect(try !read().contains(key(1)))
    }

    /// Tries until it does not throw.
    private func savedBefore(_ body: () throws -> Void) throws {
        let end = ContinuousClock.now + Patience.limit
        while true {
            do { return try body() } catch  where ContinuousClock.now < end { LinuxThread.yield() }
        }
    }

    @Test func `a file that is not understood is refused with its line, never taken for nobody`() throws {
        try directory.write("\(key(1))\nb\n", to: "certified-peers")
        #expect {
            try read()
        } throws: { error in
            "\(error)".hasPrefix("\(path):2: this is no public key; expected one a line")
        }
    }
}
