import FoundationEssentials
import SealaneDataplane
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

/// One certificate to verify.
package struct CertificateJob: Sendable {
    let number: UInt64
    package let peer: PeerID
    let credential: [UInt8]
    let identity: PresentedIdentity
    /// The peer's static key, which the certificate's key must have signed.
    let staticKey: PublicKey
    let verifier: IdentityVerifier
    package let trustVersion: UInt64
    let date: Date

    /// Verifies the certificate. Takes about a millisecond.
    package func run() -> CertificateResult {
        do throws(IdentityRefusal) {
            let verified = try verifier.verify(identity, staticKey: staticKey, at: date)
            return CertificateResult(
                job: self, verified: verified,
                presented: PresentedCredential(credential, verified, trustVersion: trustVersion))
        } catch {
            return CertificateResult(
                job: self, verified: nil,
                presented: PresentedCredential(credential, identity, error, trustVersion: trustVersion))
        }
    }
}

package struct CertificateResult: Sendable {
    package let job: CertificateJob
    /// Nil: it was refused.
    package let verified: VerifiedIdentity?
    package let presented: PresentedCredential
}

/// Verifies certificates on a thread of its own, so that the control thread never waits for a signature. The results are events for
/// the control thread.
package final class CertificateWorker: Sendable {
    package let capacity: Int
    /// For the control thread: at most `capacity` wait.
    package let results: Mailbox<CertificateResult>
    private let jobs: BackgroundWriter<CertificateJob>

    /// - Parameters:
    ///   - capacity: jobs that may wait or be under way, results that were not popped included. The caller counts them.
    ///   - verify: called on the worker's thread.
    package init(
        capacity: Int = 256,
        verify: @escaping @Sendable (CertificateJob) -> CertificateResult = { $0.run() }
    ) throws(SystemError) {
        self.capacity = capacity
        let results = try Mailbox<CertificateResult>(capacity: capacity)
        self.results = results
        jobs = try BackgroundWriter(
            name: "sealane-certs", limits: BackgroundWriter.Limits(count: capacity, byteCount: .max)
        ) { job, _ in
            // After the end of the control thread nobody needs the result.
            if !results.isClosed { _ = results.post(verify(job)) }
        }
    }

    /// False: the queue is full.
    func submit(_ job: CertificateJob) -> Bool { jobs.post(job, byteCount: 0) }

    func close() {
        results.close()
        jobs.close()
    }
}
