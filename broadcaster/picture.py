"""placeholder written over by the map work"""
class Picture:
    def __init__(self, state):
        self.state = state
