import Foundation
import Testing

@Suite struct SourceTests {
    @Test func `no source file uses try!, as! or fatalError`() throws {
        let traps = try House.sources().flatMap { $0.places(of: /\btry!|\bas!|\bfatalError\(/) }
        #expect(traps.isEmpty, "\(traps.joined(separator: "\n"))")
    }
}
