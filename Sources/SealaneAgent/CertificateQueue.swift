import SealaneConfiguration
import FoundationEssentials
import SealaneIdentity
import SealaneTunnel

/// The control thread's half of certificate verification: who waits for which certificate. At most one job a peer counts, and the
/// number of jobs is bounded.
package struct CertificateQueue {
    /// What waits for a result.
    package enum Subject: Sendable {
        /// The decision about a handshake.
        case handshake(Ticket, HandshakeParameters, PathObservation)
        /// The decision about the path of a session.
        case path(Ticket)
        /// A judgement after a change of what this host judges by.
        case again

        fileprivate func replaces(_ other: Subject) -> Bool {
            switch (self, other) {
            case (.handshake, .handshake), (.path, .path), (.again, .again): true
            default: false
            }
        }
    }

    /// A result, and what waited for it.
    package struct Finished: Sendable {
        package let result: CertificateResult
        /// Whether it holds. If not, another trust is in force, or the certificate has ended since: it must be verified again.
        package let isCurrent: Bool
        /// Empty: the peer is gone, or a newer job has replaced this one.
        package let subjects: [Subject]

        package var peer: PeerID { result.job.peer }
    }

    private struct Wait {
        var job: CertificateJob
        /// At most one of each kind.
        var subjects: [Subject]
    }

    private let worker: CertificateWorker
    private var waits: [PeerID: Wait] = [:]
    private var jobCount = 0
    private var lastNumber: UInt64 = 0
    /// Peers with subjects that wait for room in the queue, in order.
    private var backlog: [PeerID] = []
    private var postponed: [PeerID: [Subject]] = [:]

    package init(_ worker: CertificateWorker) {
        self.worker = worker
    }

    /// Readable while results wait.
    package var fileDescriptor: Int32 { worker.results.fileDescriptor }

    /// Whether every peer has been judged again.
    package var isSettled: Bool {
        postponed.isEmpty
            && !waits.values.contains { $0.subjects.contains { if case .again = $0 { true } else { false } } }
    }

    /// Judgements of peers again leave half the queue to handshakes.
    package var hasRoomForAgain: Bool { jobCount < max(worker.capacity / 2, 1) }

    /// Has the credential verified for the subject. False: the queue is full, and nothing waits.
    package mutating func submit(
        _ subject: Subject, of peer: PeerID, _ credential: [UInt8], _ identity: PresentedIdentity,
        staticKey: PublicKey, _ verifier: IdentityVerifier, trustVersion: UInt64, at date: Date
    ) -> Bool {
        var subjects = waits[peer]?.subjects ?? []
        subjects.removeAll { subject.replaces($0) }
        subjects.append(subject)
        if let wait = waits[peer], wait.job.credential == credential, wait.job.trustVersion == trustVersion,
            wait.job.staticKey == staticKey
        {
            waits[peer]?.subjects = subjects
            return true
        }
        let job = CertificateJob(
            number: lastNumber + 1, peer: peer, credential: credential, identity: identity, staticKey: staticKey,
            verifier: verifier, trustVersion: trustVersion, date: date)
        guard jobCount < worker.capacity, worker.submit(job) else { return false }
        lastNumber += 1
        jobCount += 1
        // A job that is replaced decides nothing: what waited for it waits for this one.
        waits[peer] = Wait(job: job, subjects: subjects)
        return true
    }

    /// Removes and returns the results, each with what waited for it.
    ///
    /// - Parameter trustVersion: of the trust in force. A result by another one is stale.
    package mutating func popFinished(trustVersion: UInt64, at date: Date) -> [Finished] {
        let results = worker.results.popAll()
        jobCount -= results.count
        return results.map { result in
            let isInTime = result.verified.map { $0.validity.contains(date) } ?? true
            return Finished(
                result: result, isCurrent: result.job.trustVersion == trustVersion && isInTime,
                subjects: popSubjects(waitingFor: result))
        }
    }

    private mutating func popSubjects(waitingFor result: CertificateResult) -> [Subject] {
        guard let wait = waits[result.job.peer], wait.job.number == result.job.number else { return [] }
        waits[result.job.peer] = nil
        return wait.subjects
    }

    package mutating func forget(_ peer: PeerID) {
        waits[peer] = nil
        if postponed.removeValue(forKey: peer) != nil { backlog.removeAll { $0 == peer } }
    }

    /// Keeps the subject until the queue has room.
    package mutating func postpone(_ subject: Subject, of peer: PeerID) {
        var subjects = postponed[peer] ?? []
        if subjects.isEmpty { backlog.append(peer) }
        subjects.removeAll { subject.replaces($0) }
        postponed[peer] = subjects + [subject]
    }

    package var postponedCount: Int { backlog.count }

    /// The subjects of the next peer that was postponed, if the queue has room.
    package mutating func popPostponed() -> (peer: PeerID, subjects: [Subject])? {
        guard hasRoomForAgain, !backlog.isEmpty else { return nil }
        let peer = backlog.removeFirst()
        return (peer, postponed.removeValue(forKey: peer) ?? [])
    }

    package func close() { worker.close() }
}
