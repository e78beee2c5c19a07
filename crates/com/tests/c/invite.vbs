' The same interface by another language, which passes its arguments by reference. Its own objects have no names for others in Wine,
' so whom it means is a text here, and an object in the other script.
Option Explicit
Const TRIAL = "{3B0C4B55-7C67-4E0C-8B7B-0D1B1B1D6F4E}"
Dim manager, session, person, begun

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
person = "bob"
session.Invite person, "from another script"
Check "whom", session.User.SigninName = "bob"
' Wine has no WScript.Sleep. Each look is a call to the agent, which gets to work by it.
begun = Now
Do While session.State = 2 And Now - begun < 1 / 1440
Loop
Check "the refusal", session.State = 6
manager.UnRegisterApplication TRIAL
WScript.Echo "PASSED invite.vbs"
