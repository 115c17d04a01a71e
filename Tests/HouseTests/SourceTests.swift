import Foundation
import Testing

@Suite struct SourceTests {
    @Test func `no source file uses try!, as! or fatalError`() throws {
        let traps = try House.sources().flatMap { $0.places(of: /\btry!|\bas!|\bfatalError\(/) }
        #expect(traps.isEmpty, "\(traps.joined(separator: "\n"))")
    }

    @Test func `no source file has more than 450 lines`() throws {
        let long = try House.sources().filter { $0.lines.count > 450 }.map { "\($0.path): \($0.lines.count) lines" }
        #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
    }
}
