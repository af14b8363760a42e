"""The class page: joining and opening a room, the students' screen and the teacher's."""
