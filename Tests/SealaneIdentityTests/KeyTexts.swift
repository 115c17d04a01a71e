import SealaneIdentity

/// Alice's key pair from RFC 7748 section 6.1.
let privateText = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
let publicText = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="

/// An invalid key text and its problem.
struct WrongText: Sendable {
    let text: String
    let problem: KeyTextProblem
}

let wrongTexts = [
    WrongText(text: "", problem: .empty),
    WrongText(text: "\n", problem: .empty),
    WrongText(text: privateText + "\n\n", problem: .severalLines),
    WrongText(text: privateText + "\n" + privateText + "\n", problem: .severalLines),
    WrongText(text: "\n" + privateText, problem: .severalLines),
    WrongText(text: privateText + "\r\n", problem: .byteCount(45)),
    WrongText(text: privateText + " ", problem: .byteCount(45)),
    WrongText(text: String(privateText.dropLast()), problem: .byteCount(43)),
    WrongText(text: String(repeating: "77", count: 32), problem: .byteCount(64)),
    WrongText(text: " " + privateText.dropLast(), problem: .notBase64),
    WrongText(text: "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCoA", problem: .notBase64),
    // The same 32 bytes with an unused bit set, and in the URL-safe alphabet.
    WrongText(text: "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp=", problem: .notBase64),
    WrongText(text: "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=", problem: .notBase64),
    WrongText(text: String(repeating: "A", count: 43) + "=", problem: .allZero),
]

/// The description of the error that `body` throws.
func message(_ body: () throws(IdentityError) -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return error.description
    }
}
