import Foundation
import SealaneIdentity
import TestSupport
import Testing

@Suite("The age of an instance identity document")
struct InstanceIdentityFreshnessTests {
    private let document: InstanceIdentityDocument

    init() throws {
        document = try InstanceIdentityDocument(verifying: InstanceIdentityVector.all[0].signature, with: .aws)
    }

    /// Seconds after 2018-05-09T12:30:58Z.
    private func now(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_525_869_058 + seconds) }

    @Test(
        "an age up to five minutes is accepted, and a clock up to one minute slow",
        arguments: [-60.0, -1.0, 0.0, 4.0, 299.0, 300.0])
    func fresh(seconds: Double) {
        #expect(throws: Never.self) { try document.requireFresh(at: now(seconds)) }
    }

    @Test(
        "a greater age is refused with both times and the span between them",
        arguments: [
            (300.5, "5 min 1 s"), (301.0, "5 min 1 s"), (3600.0, "1 h"), (747_896.5, "8 d 15 h"),
            (86400.0 * 3000, "3000 d"),
        ])
    func old(seconds: Double, span: String) throws {
        let refusal = try #require(refusal { try document.requireFresh(at: now(seconds)) })
        #expect(refusal.check == .age)
        #expect(refusal.observed.contains("2018-05-09T12:30:58Z"))
        #expect(refusal.observed.contains(now(seconds).formatted(.iso8601)))
        // Rounded up, so it never equals the limit.
        #expect(refusal.observed.hasSuffix(", \(span) later"), "\(refusal.observed)")
        #expect(refusal.required == "at most 5 min")
    }

    @Test(
        "a launch more than a minute in the future is refused, with both times and the span between them",
        arguments: [(-60.5, "1 min 1 s"), (-61.0, "1 min 1 s"), (-86400.0, "1 d")])
    func future(seconds: Double, span: String) throws {
        let refusal = try #require(refusal { try document.requireFresh(at: now(seconds)) })
        #expect(refusal.check == .age)
        #expect(refusal.observed.contains("2018-05-09T12:30:58Z"))
        #expect(refusal.observed.contains(now(seconds).formatted(.iso8601)))
        #expect(refusal.observed.hasSuffix(", \(span) earlier"), "\(refusal.observed)")
        #expect(refusal.required.contains("1 min"))
    }

    @Test("the operator can set the maximum age")
    func limit() {
        #expect(throws: Never.self) { try document.requireFresh(at: now(86_400), maximumAge: .seconds(86_400)) }
        #expect(refusal { try document.requireFresh(at: now(86_401), maximumAge: .seconds(86_400)) }?.check == .age)
        #expect(refusal { try document.requireFresh(at: now(1), maximumAge: .zero) }?.check == .age)
        // The maximum age does not affect launches in the future.
        #expect(refusal { try document.requireFresh(at: now(-61), maximumAge: .seconds(86_400)) }?.check == .age)
    }
}
