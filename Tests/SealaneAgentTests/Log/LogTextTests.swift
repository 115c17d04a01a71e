import Logging
import SealaneAgent
import SealaneFleet
import Testing

struct LogTextTests {
    @Test(arguments: [
        ("b", "b"), ("10.78.0.1/24", "10.78.0.1/24"), ("Straße-é", "Straße-é"), ("", #""""#),
        ("x peer=payroll", #""x peer=payroll""#), ("a=b", #""a=b""#),
        ("YWJj==", "YWJj=="), ("=", #""=""#), ("a=b=", #""a=b=""#), (#"say "no""#, #""say \"no\"""#),
        (#"back\slash"#, #""back\\slash""#), ("two\nlines\r\t", #""two\nlines\r\t""#),
        ("\u{1b}[31mred", #""\u001b[31mred""#), ("a\u{202e}b", #""a\u202eb""#), ("a\u{200b}b", #""a\u200bb""#),
        ("a\u{85}b\u{2028}c", #""a\u0085b\u2028c""#), ("\u{e0041}", #""\udb40\udc41""#), ("a\u{a0}b", #""a\u00a0b""#),
        ("\u{5d0}", #""\u05d0""#),
    ])
    func `a value is bare where it can be nothing else, and quoted where it could`(text: String, expected: String) {
        #expect(LogText.value(text) == expected)
    }

    @Test func `whatever a value is, its quotation ends where it ends`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab \"=\\\n\u{202e}\u{1b}").map { $0 }
        for _ in 0..<2000 {
            let text = String((0..<Int.random(in: 0...12, using: &random)).compactMap { _ in alphabet.randomElement() })
            let value = LogText.value(text)
            guard value.hasPrefix("\"") else {
                let bare = String(value.reversed().drop { $0 == "=" })
                #expect(!bare.contains { " \"=\\\n\u{202e}\u{1b}".contains($0) } && !bare.isEmpty)
                continue
            }
            let inside = value.dropFirst().dropLast()
            let unescaped = inside.replacing("\\\\", with: "").replacing("\\\"", with: "")
            #expect(value.hasSuffix("\"") && value.count > 1 && !unescaped.contains("\""))
            #expect(!inside.contains { "\n\u{202e}\u{1b}".contains($0) })
        }
    }

    @Test func `values and messages are bounded`() {
        #expect(LogText.value(String(repeating: "x", count: 1 << 20)).count < LogText.valueLimit + 4)
        #expect(LogText.message(String(repeating: "x", count: 1 << 20)).count < LogText.valueLimit + 4)
        #expect(LogText.message("a \"quoted\" message\n\u{202e}") == #"a "quoted" message\n\u202e"#)
    }

    @Test func `texts for a terminal keep their lines and colours, and nothing else that is not seen`() {
        let text = "\u{1b}[1;31mred\u{1b}[0m\n\u{202e}x\u{1b}[2Jy\u{1b}]0;z\u{7}"
        #expect(text.visible(isColoured: true) == "\u{1b}[1;31mred\u{1b}[0m\n\\u202ex\\u001b[2Jy\\u001b]0;z\\u0007")
        #expect(text.visible().contains("\u{1b}") == false)
        #expect(ValueParser.quoted("a\u{202e}b") == #""a\u{202E}b""#)
    }
}
