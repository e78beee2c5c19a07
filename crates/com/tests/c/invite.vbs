' The same interface by another language, which passes its arguments by reference and has objects of its own for contacts.
Option Explicit
Const TRIAL = "{3B0C4B55-7C67-4E0C-8B7B-0D1B1B1D6F4E}"
Dim manager, session, person, patience

Class Contact
    Public SigninName
End Class

Sub Check(what, holds)
    If Not holds Then
        WScript.Echo "FAILED " & what
        WScript.Quit 1
    End If
End Sub

Set manager = CreateObject("Rendezvous.SessionManager")
manager.RegisterApplication TRIAL, "Trial", "", "C:\trial\late.exe", 0
Set session = manager.CreateSession()
session.Application = TRIAL
Set person = New Contact
person.SigninName = "bob"
session.Invite person, "from another script"
Check "whom", session.User.SigninName = "bob"
patience = 0
Do While session.State = 2 And patience < 3000
    WScript.Sleep 20
    patience = patience + 1
Loop
Check "the refusal", session.State = 6
manager.UnRegisterApplication TRIAL
WScript.Echo "PASSED invite.vbs"
