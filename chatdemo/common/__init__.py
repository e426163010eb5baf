"""What every other part of chatdemo may use: settings, errors, and small tools that know nothing of
the chat.
"""
