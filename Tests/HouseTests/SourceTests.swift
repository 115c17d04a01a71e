import Foundation
import Testing

@Suite("The sources")
struct SourceTests {
    @Test("no source file ends the process by a forced try, a forced cast or fatalError")
    func noTraps() throws {
        let traps = try House.sources().flatMap { $0.places(of: /\btry!|\bas!|\bfatalError\(/) }
        #expect(traps.isEmpty, "\(traps.joined(separator: "\n"))")
    }

    @Test("no source file holds more than 450 lines")
    func fileLength() throws {
        let long = try House.sources().filter { $0.lines.count > 450 }.map { "\($0.path): \($0.lines.count) lines" }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }
}
