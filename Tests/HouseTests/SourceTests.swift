import Foundation
import Testing

@Suite("The sources")
struct SourceTests {
    @Test("no source file ends the process by a forced try, a forced cast or fatalError")
    func noTraps() throws {
        let traps = try House.sources().flatMap { $0.places(of: /\btry!|\bas!|\bfatalError\(/) }
        #expect(traps.isEmpty, "\(traps.joined(separator: "\n"))")
    }
}
